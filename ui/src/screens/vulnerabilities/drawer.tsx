/* One finding in full: what, where, what fixes it, what it blocks. */
import { useEffect } from "preact/hooks";
import type { VulnerabilityRow } from "../../api/types";
import { ecosystem, sentence, visible } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { isManifest } from "../artifacts/tree-model";
import { SeverityBadge } from "../../parts/severity";
import { Copy, Digest, Name } from "../../parts/text";

/* "secure-ml-app:v1.0" for an image, the path for a file. */
export function artifactLabel(path: string): string {
  if (!isManifest(path)) return path;
  const parts = path.split("/");
  return `${parts.slice(0, -2).join("/")}:${parts[parts.length - 2]}`;
}

/* Ecosystems whose upgrade is one line that can be copied. */
function upgradeLine(row: VulnerabilityRow): string | null {
  if (!row.fixed) return null;
  if (/pypi/i.test(row.eco)) return `pip install '${row.component}>=${row.fixed}'`;
  if (/npm/i.test(row.eco)) return `npm install ${row.component}@${row.fixed}`;
  return null;
}

function Effect({ row }: { row: VulnerabilityRow }) {
  if (row.violation === null)
    return <p class="soft">No watch that covers this repository has a policy against it: it is known, and it may be downloaded.</p>;
  return (
    <div class={row.blocks ? "notice alert" : "notice caution"}>
      <Icon name={row.blocks ? "lock" : "violation"} />
      <span class="fill">{row.blocks ? "A policy blocks the download because of it." : "It violates a policy, which does not block the download."}</span>
      <a class="button small" href={href(`/violations/${row.violation}`)}>
        {row.blocks ? "What unblocks it" : "See the violation"}
      </a>
    </div>
  );
}

export function FindingDrawer({ row, onClose, onStep }: { row: VulnerabilityRow; onClose: () => void; onStep: (by: number) => void }) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const by = event.key === "]" || event.key === "ArrowDown" ? 1 : event.key === "[" || event.key === "ArrowUp" ? -1 : 0;
      if (by === 0) return;
      event.preventDefault();
      onStep(by);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onStep]);
  const upgrade = upgradeLine(row);
  const id = row.aliases[0] ?? row.advisory;
  return (
    <Dialog title={id} variant="drawer" onClose={onClose} sub={<Copy text={id} what="identifier" />}>
      <div class="column loose">
        <div class="line wraps">
          <SeverityBadge severity={row.severity} />
          {row.cvss !== null && row.cvss > 0 && <span class="soft">CVSS {row.cvss.toFixed(1)}</span>}
        </div>
        <p class="prose bold">
          <Name text={sentence(row.summary)} />
        </p>
        <section>
          <h3>What to do</h3>
          <p class="soft">
            {row.fixed ? (
              <>
                Upgrade <bdi>{row.component}</bdi> from {row.version} to <b>{row.fixed}</b> or later, and deploy the artifact again.
              </>
            ) : (
              <>No version of {row.component} without it is known. Remove the component, or accept the risk in the policy.</>
            )}
          </p>
          {upgrade && (
            <div class="command">
              <pre>{upgrade}</pre>
              <Copy text={upgrade} what="command" />
            </div>
          )}
        </section>
        <Effect row={row} />
        <section>
          <h3>Where</h3>
          <dl class="facts">
            <dt>Component</dt>
            <dd>
              <Name text={row.component} /> <span class="mono dim">{row.version}</span>
            </dd>
            <dt>Ecosystem</dt>
            <dd>{ecosystem(row.eco)}</dd>
            <dt>Artifact</dt>
            <dd>
              <a class="breaks" href={href(itemPath(row.repo, row.path))}>
                {visible(artifactLabel(row.path))}
              </a>
            </dd>
            <dt>Repository</dt>
            <dd>
              <bdi>{row.repo}</bdi>
            </dd>
            <dt>SHA-256</dt>
            <dd>
              <Digest value={row.sha256} what="SHA-256" />
            </dd>
          </dl>
        </section>
        <section>
          <h3>Known as</h3>
          <p class="mono soft breaks">{[...new Set([...row.aliases, row.advisory])].join(", ")}</p>
        </section>
      </div>
    </Dialog>
  );
}
