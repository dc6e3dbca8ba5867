import type { Duplicate } from "../../api/generated";
import { t } from "../../i18n";

// What was done to a copy, in words.
export const kindOf = (copy: Duplicate): string =>
  copy.copy ? (t().duplicates.kinds[copy.copy] ?? copy.copy) : copy.paths.length > 1 ? t().duplicates.sameBytes : t().duplicates.keeper;
