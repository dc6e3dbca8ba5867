// The report of the devices, which takes long to make: kept while the page is open.
import { call } from "../../api/client";
import type { Devices } from "../../api/generated";

class Report {
  devices: Devices | undefined = $state.raw();
  checking = $state(false);
  error: unknown = $state.raw();

  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      this.devices = await call("getDevices");
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
    this.checking = false;
  }
}

export const report = new Report();
