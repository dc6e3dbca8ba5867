/// <reference types="svelte" />
/// <reference types="vite/client" />
declare module "virtual:world.svg" {
  const address: string;
  export default address;
}
