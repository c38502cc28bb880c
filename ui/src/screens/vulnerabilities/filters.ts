/* The filters of the list, as the address holds them: sev=c,h repo= fix=yes q= open= */
import type { Severity } from "../../api/types";
import { SEVERITIES } from "../../lib/format";
import { setQuery, useLocation } from "../../lib/router";

export interface Filters {
  severities: readonly Severity[];
  repo: string;
  fix: boolean;
  q: string;
}

const letter = (severity: Severity): string => severity.charAt(0);

export function useFilters(): Filters {
  const { query } = useLocation();
  const letters = (query.get("sev") ?? "").split(",");
  return { severities: SEVERITIES.filter((severity) => letters.includes(letter(severity))), repo: query.get("repo") ?? "", fix: query.get("fix") === "yes", q: query.get("q") ?? "" };
}

/* No severity chosen means all of them: an empty list would be a false all-clear. */
export function toggleSeverity(filters: Filters, severity: Severity): void {
  const chosen = filters.severities.length === 0 ? SEVERITIES : filters.severities;
  const next = chosen.includes(severity) ? chosen.filter((one) => one !== severity) : SEVERITIES.filter((one) => one === severity || chosen.includes(one));
  setQuery({ sev: next.length === SEVERITIES.length ? "" : next.map(letter).join(","), open: "" });
}

export const isOn = (filters: Filters, severity: Severity): boolean => filters.severities.length === 0 || filters.severities.includes(severity);
export const isFiltered = (filters: Filters): boolean => filters.severities.length > 0 || filters.repo !== "" || filters.fix || filters.q !== "";
export const clearFilters = (): void => setQuery({ sev: "", repo: "", fix: "", q: "", open: "" });
