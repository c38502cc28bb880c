/* Severity: word, number of bars, weight and colour, so that none of them is needed alone. */
import type { Severity } from "../api/types";
import { SEVERITIES, severityWord } from "../lib/format";

const bars: Record<Severity, number> = { critical: 4, high: 3, medium: 2, low: 1, info: 0 };

function Bars({ severity }: { severity: Severity }) {
  return (
    <svg viewBox="0 0 13 11" aria-hidden="true">
      {[0, 1, 2, 3].map((at) => (
        <rect key={at} x={at * 3.4} y={8 - at * 2.4} width="2.4" height={3 + at * 2.4} rx=".6" class={at < bars[severity] ? "" : "spent"} />
      ))}
    </svg>
  );
}

export function SeverityBadge({ severity, bare = false }: { severity: Severity; bare?: boolean }) {
  return (
    <span class={`severity ${severity}${bare ? " bare" : ""}`}>
      <Bars severity={severity} />
      {severityWord[severity]}
    </span>
  );
}

/* One line of shares, in the order of severity, with the numbers in its name. */
export function SeverityBar({ counts }: { counts: Record<Severity, number> }) {
  const present = SEVERITIES.filter((severity) => counts[severity] > 0);
  const total = present.reduce((sum, severity) => sum + counts[severity], 0);
  const name = present.map((severity) => `${counts[severity]} ${severity}`).join(", ");
  let at = 0;
  return (
    <svg class="share" viewBox="0 0 200 8" preserveAspectRatio="none" role="img" aria-label={name || "no findings"}>
      {present.map((severity) => {
        const width = (counts[severity] / total) * 200;
        const x = at;
        at += width;
        return <rect key={severity} class={`part ${severity}`} x={x} y="0" width={Math.max(1, width - 2)} height="8" rx="2" />;
      })}
    </svg>
  );
}
