// Changes something, and says in a notice why that failed. Undefined then; use `handled` for errors that the caller answers.
import { said, t } from "../i18n";
import { notices } from "../lib/notices.svelte";
import { ApiError } from "./client";

export async function attempt<Value>(change: () => Promise<Value>, handled: readonly number[] = []): Promise<Value | undefined> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ApiError) || handled.includes(error.status)) throw error;
    // Without a session its dialog is shown already, and without a server the banner is.
    if (error.status === 401) return undefined;
    const text = error.status === 403 ? `${t().failure.forbidden}. ${t().failure.forbiddenHelp}` : said(error.message) || t().app.offline;
    notices.add(text, { bad: true });
    return undefined;
  }
}
