/* An image: its layers, what is in them, what is wrong with that, and how to pull it. */
import { useState } from "preact/hooks";
import type { Component, Finding, ImageInfo, Item, Layer, Severity } from "../../api/types";
import { useStatus } from "../../frame/status";
import { plural, shortDigest, size, visible } from "../../lib/format";
import { setQuery, useQuery } from "../../lib/router";
import { session } from "../../lib/session";
import { useStore } from "../../lib/store";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { SeverityBar } from "../../parts/severity";
import { type Tab, Tabs, useTab } from "../../parts/tabs";
import { Copy, Time } from "../../parts/text";
import { DeleteDialog } from "./delete";
import { Components, SecurityTab } from "./findings";
import { GetIt, imageClients } from "./get-it";
import { Checksums, FactsCard, ScanAgain } from "./item";
import { ModelsInside } from "./model-facts";
import { Properties } from "./properties";
import { BlockedNote, VerdictCard, vulnerabilitiesOf } from "./verdict-card";

/* image/tag/manifest.json */
function nameOf(item: Item): { folder: string; image: string; tag: string } {
  const parts = item.path.split("/");
  const tag = parts[parts.length - 2] ?? "";
  return { folder: parts.slice(0, -1).join("/"), image: parts.slice(0, -2).join("/"), tag };
}

/* Until the server knows more, what the address itself says. */
function imageOf(item: Item): ImageInfo {
  const { image, tag } = nameOf(item);
  const digest = `sha256:${item.sha256}`;
  const reference = `${window.location.host}/${item.repo}/${image}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;
  if (!item.image) return { reference, digest, platform: null, layers: [] };
  /* The server knows its repositories, not the name under which this browser reached it. */
  const named = item.image.reference.startsWith(`${item.repo}/`) ? `${window.location.host}/${item.image.reference}` : item.image.reference;
  return { ...item.image, reference: named || reference };
}

function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const finding of findings) counts[finding.severity]++;
  return counts;
}

const shortCommand = (command: string | null): string => (command ?? "").replace(/^\/bin\/sh -c (#\(nop\)\s*)?/, "").replace(/\s*# buildkit$/, "").trim();

interface LayerFacts {
  layer: Layer;
  components: Component[];
  findings: Finding[];
}

function LayerRow({ facts, number, chosen, onChoose }: { facts: LayerFacts; number: number; chosen: boolean; onChoose: () => void }) {
  const { layer, components, findings } = facts;
  return (
    <li>
      <button type="button" class={chosen ? "layer-choice on" : "layer-choice"} aria-pressed={chosen} onClick={onChoose}>
        <span class="ordinal">{number}</span>
        <span class="fill">
          <span class="line">
            <span class="mono clip fill">{visible(shortCommand(layer.command)) || "layer"}</span>
            <span class={findings.length > 0 ? "bold" : "dim"}>
              {findings.length}
              <span class="unseen"> findings</span>
            </span>
          </span>
          <span class="soft fine">
            {size(layer.size_bytes)} · {plural(components.length, "component")}
          </span>
          {findings.length > 0 && <SeverityBar counts={countsOf(findings)} />}
        </span>
      </button>
    </li>
  );
}

function Layers({ item, image }: { item: Item; image: ImageInfo }) {
  const [layerKey] = useQuery("layer");
  const vulnerabilities = vulnerabilitiesOf(item);
  const facts = image.layers.map((layer, at): LayerFacts => ({
    layer,
    components: item.components.filter((one) => one.layer === at),
    findings: vulnerabilities.filter((one) => one.where?.layer === at),
  }));
  const known = facts.some((one) => one.components.length > 0);
  const chosen = Number(layerKey) > 0 ? facts[Number(layerKey) - 1] : undefined;
  return (
    <div class="grid beside-layers">
      <Card title="Layers" note={`${image.layers.length}, oldest first`}>
        {image.layers.length > 0 ? (
          <ol class="layers">
            {facts.map((one, at) => (
              <LayerRow key={one.layer.digest + at} facts={one} number={at + 1} chosen={chosen === one} onChoose={() => setQuery({ layer: chosen === one ? "" : String(at + 1) })} />
            ))}
          </ol>
        ) : (
          <p class="body soft">The layers of this manifest are not known to the server.</p>
        )}
      </Card>
      <div class="column">
        {chosen?.layer.command && (
          <section class="card padded">
            <div class="command">
              <pre>{visible(shortCommand(chosen.layer.command))}</pre>
              <Copy text={shortCommand(chosen.layer.command)} what="build step" />
            </div>
          </section>
        )}
        {chosen && known ? <Components item={item} title={`Layer ${facts.indexOf(chosen) + 1}`} rows={chosen.components} /> : <Components item={item} title="Whole image" />}
      </div>
    </div>
  );
}

function Overview({ item, image, user }: { item: Item; image: ImageInfo; user: string }) {
  const status = useStatus();
  return (
    <div class="grid beside-item">
      <div class="column">
        <BlockedNote item={item} />
        <VerdictCard item={item} status={status.value} format="image">
          {item.findings.length > 0 && (
            <p>
              <button type="button" class="text-button" onClick={() => setQuery({ tab: "security" })}>
                See the findings
              </button>
            </p>
          )}
        </VerdictCard>
        <GetIt title="Pull it" clients={imageClients(image.reference)} repo={item.repo} login={user} />
        <Properties item={item} />
        <ModelsInside item={item} />
        <Checksums item={item} />
      </div>
      <div class="column">
        <FactsCard item={item} />
      </div>
    </div>
  );
}

export function ImagePage({ item }: { item: Item }) {
  const [deleting, setDeleting] = useState(false);
  const signedIn = useStore(session);
  const status = useStatus();
  const user = signedIn.kind === "known" ? signedIn.session.user : "";
  const image = imageOf(item);
  const { folder, image: name, tag } = nameOf(item);
  const total = image.layers.reduce((sum, layer) => sum + layer.size_bytes, 0);
  const tabs: Tab[] = [
    { id: "overview", label: "Overview" },
    { id: "layers", label: "Layers", count: image.layers.length },
    { id: "security", label: "Security", count: item.findings.length },
    { id: "contents", label: "Components", count: item.components.length },
  ];
  const tab = useTab(tabs);
  const violation = item.blocked?.violation ?? null;
  return (
    <Page
      title={`${visible(name)}:${visible(tag)}`}
      wide
      marks={
        item.blocked && (
          <span class="tag alert">
            <Icon name="lock" />
            Download blocked
          </span>
        )
      }
      sub={
        <span class="line wraps">
          <span class="line tight">
            <span class="mono" title={image.digest}>
              {shortDigest(image.digest)}
            </span>
            <Copy text={image.digest} what="digest" />
          </span>
          {image.platform && <span>{image.platform}</span>}
          {total > 0 && <span>{size(total)}</span>}
          <span>
            pushed <Time ms={item.modified_ms} /> by <bdi>{item.modified_by}</bdi>
          </span>
        </span>
      }
      actions={
        <>
          {violation !== null && (
            <a class="button primary" href={`/ui/violations/${violation}`}>
              What unblocks it
            </a>
          )}
          <ScanAgain item={item} />
          <button type="button" class="button danger" onClick={() => setDeleting(true)}>
            <Icon name="trash" size="s" />
            Delete…
          </button>
        </>
      }
    >
      <Tabs tabs={tabs} chosen={tab} label="Views of the image" />
      <div id="tab-panel" class="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === "overview" && <Overview item={item} image={image} user={user} />}
        {tab === "layers" && <Layers item={item} image={image} />}
        {tab === "security" && <SecurityTab item={item} status={status.value} />}
        {tab === "contents" && <Components item={item} title="Inside" />}
      </div>
      {deleting && <DeleteDialog repo={item.repo} path={folder} bytes={null} folder onClose={() => setDeleting(false)} />}
    </Page>
  );
}

