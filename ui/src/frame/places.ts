/* The places that exist. Only links that lead somewhere are shown. */
import type { Status } from "../api/types";
import type { IconName } from "../parts/icon";

export interface Place {
  path: string;
  label: string;
  icon: IconName;
  key: string;
  group: "" | "Store" | "Security";
  count?: (status: Status) => number;
}

export const places: readonly Place[] = [
  { path: "/", label: "Home", icon: "home", key: "h", group: "" },
  { path: "/artifacts", label: "Artifacts", icon: "box", key: "a", group: "Store" },
  { path: "/models", label: "Models", icon: "model", key: "m", group: "Store" },
  { path: "/vulnerabilities", label: "Vulnerabilities", icon: "vuln", key: "v", group: "Security" },
  { path: "/threats", label: "Model threats", icon: "threat", key: "t", group: "Security", count: (status) => status.counts.threats },
  { path: "/violations", label: "Violations", icon: "violation", key: "o", group: "Security", count: (status) => status.counts.violations },
  { path: "/policies", label: "Policies & watches", icon: "scales", key: "l", group: "Security" },
];

export const firstSegment = (path: string): string => path.split("/")[1] ?? "";
