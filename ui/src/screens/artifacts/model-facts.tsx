/* What a model is: what reading it established, its settings, its tensors. */
import { useState } from "preact/hooks";
import type { Item, Model, Tensor } from "../../api/types";
import { capital, count, plural, size, visible } from "../../lib/format";
import { Card } from "../../parts/page";
import { Name } from "../../parts/text";
import { VerdictOf } from "../../parts/verdict";

/* What the readers of formats call their facts, as people do. */
const factNames: Record<string, string> = {
  pickle_protocol: "Protocol",
  framework_version: "Version",
  raw_arrays: "Arrays",
  sklearn_version: "scikit-learn",
  n_features: "Features",
  n_estimators: "Trees",
  n_classes: "Classes",
  lfs_oid: "Stands for",
  lfs_size: "Its size",
  opset: "Operator set",
};
const factName = (name: string): string => factNames[name] ?? capital(visible(name).replaceAll("_", " "));

type Fact = Item["facts"][number];
const VALUE_SHOWN = 400;

/* Settings and free words of the author have places of their own; sums are told by the server itself. */
const groups: readonly { title: string; prefix: string }[] = [
  { title: "Settings", prefix: "param." },
  { title: "Metadata", prefix: "metadata." },
];
const sums = new Set(["tensors", "parameters", "tensor_bytes", "tensor_count", "parameter_count"]);
/* What a person asks first. */
const first = ["framework", "framework_version", "class", "general.name", "general.architecture", "architecture", "model_type"];
const rank = (fact: Fact): number => (first.includes(fact.name) ? first.indexOf(fact.name) : first.length);
const isOwn = (fact: Fact): boolean => !sums.has(fact.name) && !groups.some((group) => fact.name.startsWith(group.prefix));

/* A dotted name breaks after its dots. */
function Dotted({ text }: { text: string }) {
  return (
    <bdi>
      {visible(text)
        .split(/(?<=\.)/)
        .map((part, at) => (
          <>
            {at > 0 && <wbr />}
            {part}
          </>
        ))}
    </bdi>
  );
}

function Facts({ facts, name }: { facts: readonly Fact[]; name: (fact: Fact) => string }) {
  return (
    <>
      {facts.map((fact, at) => (
        <>
          <dt key={at} class="breaks">{name(fact)}</dt>
          <dd class="breaks">
            <Dotted text={fact.value.slice(0, VALUE_SHOWN)} />
          </dd>
        </>
      ))}
    </>
  );
}

function Sums({ item }: { item: Item }) {
  if (item.tensor_count === null || item.tensor_count === 0) return null;
  return (
    <>
      <dt>Numbers</dt>
      <dd>{count(item.parameter_count ?? 0)}</dd>
      <dt>Tensors</dt>
      <dd>
        {count(item.tensor_count)} <span class="dim">({size(item.tensor_bytes ?? 0)})</span>
      </dd>
    </>
  );
}

export function WhatItIs({ item }: { item: Item }) {
  if (item.facts.length === 0 && !item.tensor_count) return null;
  return (
    <Card title="What it is">
      <div class="body">
        <dl class="facts facts-item">
          <Facts facts={item.facts.filter(isOwn).sort((a, b) => rank(a) - rank(b))} name={(fact) => factName(fact.name)} />
          <Sums item={item} />
        </dl>
        {groups.map((group) => {
          const facts = item.facts.filter((fact) => fact.name.startsWith(group.prefix));
          return (
            facts.length > 0 && (
              <details class="more-facts" key={group.title}>
                <summary>
                  {group.title} <span class="dim">({count(facts.length)})</span>
                </summary>
                <dl class="facts facts-keys">
                  <Facts facts={facts} name={(fact) => visible(fact.name.slice(group.prefix.length))} />
                </dl>
              </details>
            )
          );
        })}
      </div>
    </Card>
  );
}

const TENSORS_AT_FIRST = 8;

function TensorRow({ tensor }: { tensor: Tensor }) {
  return (
    <tr>
      <td class="mono breaks">
        <Name text={tensor.name} />
      </td>
      <td class="mono soft">{visible(tensor.dtype)}</td>
      <td class="mono soft">{tensor.shape.length === 0 ? "one number" : tensor.shape.map(String).join(" × ")}</td>
      <td class="figure soft">{size(tensor.bytes)}</td>
    </tr>
  );
}

export function Tensors({ item }: { item: Item }) {
  const [all, setAll] = useState(false);
  if (item.tensors.length === 0) return null;
  const shown = all ? item.tensors : item.tensors.slice(0, TENSORS_AT_FIRST);
  const total = item.tensor_count ?? item.tensors.length;
  return (
    <Card title="Tensors" note={`${plural(total, "tensor")}, ${plural(item.parameter_count ?? 0, "number")}`}>
      <table class="table stacked">
        <thead>
          <tr>
            <th>Name</th>
            <th>Type</th>
            <th>Shape</th>
            <th class="figure">Size</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((tensor, at) => (
            <TensorRow key={at} tensor={tensor} />
          ))}
        </tbody>
      </table>
      <div class="tally">
        <span class="fill">{shown.length === total ? "All shown, in the file's order" : `${count(shown.length)} of ${count(total)}, in the file's order`}</span>
        {!all && item.tensors.length > TENSORS_AT_FIRST && (
          <button type="button" class="button small" onClick={() => setAll(true)}>
            Show {count(item.tensors.length)}
          </button>
        )}
      </div>
    </Card>
  );
}

const verdicts = ["unsafe", "unparseable", "suspicious", "clean", "not_a_model"];
const byVerdict = (a: Model, b: Model): number => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict);

/* Of an archive. */
export function ModelsInside({ item }: { item: Item }) {
  const [all, setAll] = useState(false);
  if (item.models.length === 0) return null;
  const rows = [...item.models].sort(byVerdict);
  const shown = all ? rows : rows.slice(0, TENSORS_AT_FIRST);
  return (
    <Card title="Models inside" note={plural(rows.length, "model")}>
      <table class="table stacked">
        <thead>
          <tr>
            <th>Path</th>
            <th>Verdict</th>
            <th>Format</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((model, at) => (
            <tr key={at}>
              <td class="mono breaks">
                <Name text={model.path} />
              </td>
              <td>
                <VerdictOf verdict={model.verdict} />
              </td>
              <td class="soft">{visible(model.format)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="tally">
        <span class="fill">{shown.length === rows.length ? "All shown, worst first" : `${count(shown.length)} of ${count(rows.length)}, worst first`}</span>
        {!all && rows.length > TENSORS_AT_FIRST && (
          <button type="button" class="button small" onClick={() => setAll(true)}>
            Show all
          </button>
        )}
      </div>
    </Card>
  );
}
