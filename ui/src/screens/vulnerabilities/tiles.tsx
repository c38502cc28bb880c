/* Severity tiles: numbers that are also the filter. */
import type { Severity } from "../../api/types";
import { count, SEVERITIES } from "../../lib/format";
import { Icon } from "../../parts/icon";
import { SeverityBadge } from "../../parts/severity";
import { type Filters, isOn, toggleSeverity } from "./filters";

export function Tiles({ totals, filters }: { totals: Record<Severity, number> | undefined; filters: Filters }) {
  return (
    <div class="grid severity-tiles" role="group" aria-label="Severities shown">
      {SEVERITIES.map((severity) => {
        const on = isOn(filters, severity);
        return (
          <button key={severity} type="button" role="checkbox" aria-checked={on} class={`card tile ${severity}${on ? " on" : ""}`} onClick={() => toggleSeverity(filters, severity)}>
            <span class="line">
              <SeverityBadge severity={severity} bare />
              <span class="to-end ticked desk-only">
                <Icon name="check" size="s" />
              </span>
            </span>
            <span class="value">{totals ? count(totals[severity]) : "–"}</span>
          </button>
        );
      })}
    </div>
  );
}
