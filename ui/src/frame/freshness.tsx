/* Which advisories judge, and how old they are: at the foot of the side bar, on every page. */
import type { Status } from "../api/types";
import { ageOf, count } from "../lib/format";

const STALE_MS = 7 * 24 * 3600_000;

export function Freshness({ status }: { status: Status | undefined }) {
  if (!status) return null;
  const { advisories } = status;
  if (advisories.count === 0) return <Line tone="crit" first="No advisories" second="nothing can be judged" />;
  const newest = advisories.newest ? Date.parse(advisories.newest) : NaN;
  const old = ageOf(advisories.newest) && `newest ${ageOf(advisories.newest)} old`;
  if (advisories.starter) return <Line tone="gold" first={`Starter set, ${count(advisories.count)} advisories`} second={old || "import the full set"} />;
  return <Line tone={Date.now() - newest > STALE_MS ? "gold" : "ok"} first={`${count(advisories.count)} advisories`} second={old} />;
}

function Line({ tone, first, second }: { tone: string; first: string; second: string }) {
  return (
    <div class="freshness">
      <span class={`dot ${tone}`} />
      <span>
        {first}
        <br />
        <span class="dim">{second}</span>
      </span>
    </div>
  );
}
