/* Policies judge; watches say where. Both as sentences. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Policy, Watch } from "../../api/types";
import { refreshAll, useAction, useData } from "../../lib/data";
import { toast } from "../../lib/toast";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Time } from "../../parts/text";
import { CreatePolicyDialog, CreateWatchDialog } from "./create";
import { ruleSentence } from "./sentence";

interface Doomed {
  kind: "policy" | "watch";
  name: string;
  consequence: string;
}

function whereOf(watch: Watch): string {
  const names = watch.project_resources.resources.map((one) => (one.type === "all-repos" ? "all repositories" : (one.name ?? one.type)));
  return names.join(", ") || "nothing";
}

const blocks = (policy: Policy): boolean => policy.rules.some((rule) => rule.actions?.block_download?.active);

function PolicyCard({ policy, watches, onDelete }: { policy: Policy; watches: readonly Watch[]; onDelete: () => void }) {
  const over = watches.filter((watch) => watch.general_data.active && watch.assigned_policies.some((one) => one.name === policy.name));
  const modified = policy.modified ? Date.parse(policy.modified) : NaN;
  return (
    <section class="card">
      <header>
        <h2>
          <bdi>{policy.name}</bdi>
        </h2>
        {over.length === 0 ? <span class="tag gold">off: no watch uses it</span> : <span class="tag ok">on</span>}
        {blocks(policy) && (
          <span class="tag">
            <Icon name="lock" />
            blocks
          </span>
        )}
        <button type="button" class="button plain square small to-end" aria-label={`Delete the policy ${policy.name}`} title="Delete" onClick={onDelete}>
          <Icon name="trash" size="s" />
        </button>
      </header>
      <ol class="advice">
        {policy.rules.map((rule, at) => (
          <li key={rule.name}>
            <span class="ordinal">{at + 1}</span>
            <div class="fill rule-text">{ruleSentence(rule)}</div>
          </li>
        ))}
      </ol>
      <div class="tally">
        <span class="fill">{over.length > 0 ? `Watched in ${over.map(whereOf).join("; ")}` : "It judges nothing until a watch ties it to repositories."}</span>
        {!Number.isNaN(modified) && (
          <span class="dim">
            changed <Time ms={modified} />
            {policy.author ? ` by ${policy.author}` : ""}
          </span>
        )}
      </div>
    </section>
  );
}

function WatchesCard({ watches, canAdd, onAdd, onDelete }: { watches: readonly Watch[]; canAdd: boolean; onAdd: () => void; onDelete: (watch: Watch) => void }) {
  return (
    <Card
      title="Watches"
      note="where policies apply"
      action={
        <button type="button" class="button plain small" disabled={!canAdd} onClick={onAdd}>
          <Icon name="plus" size="s" />
          Add
        </button>
      }
    >
      {watches.length === 0 ? (
        <p class="body soft">No watch yet: no repository is under a policy.</p>
      ) : (
        <table class="table">
          <thead class="unseen">
            <tr>
              <th>Watch</th>
              <th>Policies</th>
              <th>
                <span class="unseen">Delete</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {watches.map((watch) => (
              <tr key={watch.general_data.name}>
                <td>
                  <span class="name breaks">
                    <bdi>{watch.general_data.name}</bdi>
                  </span>
                  <span class="second breaks">{whereOf(watch)}</span>
                </td>
                <td class="soft breaks">{watch.assigned_policies.map((one) => one.name).join(", ")}</td>
                <td class="figure">
                  <button type="button" class="button plain square small" aria-label={`Delete the watch ${watch.general_data.name}`} title="Delete" onClick={() => onDelete(watch)}>
                    <Icon name="trash" size="s" />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function DeleteRuleDialog({ doomed, onClose }: { doomed: Doomed; onClose: () => void }) {
  const action = useAction();
  const remove = (): void =>
    action.run(async () => {
      await (doomed.kind === "policy" ? api.deletePolicy(doomed.name) : api.deleteWatch(doomed.name));
      refreshAll();
      toast(`The ${doomed.kind} ${doomed.name} is deleted.`);
      onClose();
    });
  return (
    <Dialog
      title={`Delete the ${doomed.kind} ${doomed.name}?`}
      onClose={onClose}
      footer={
        <>
          <button type="button" class="button to-end" onClick={onClose}>
            Keep
          </button>
          <button type="button" class="button danger filled" disabled={action.busy} onClick={remove}>
            Delete the {doomed.kind}
          </button>
        </>
      }
    >
      <div class="column close">
        <p>{doomed.consequence}</p>
        {action.error && <ErrorNote error={action.error} still="Nothing was deleted." />}
      </div>
    </Dialog>
  );
}

export function Policies() {
  const policies = useData("policies", api.policies);
  const watches = useData("watches", api.watches);
  const [creating, setCreating] = useState<"policy" | "watch" | null>(null);
  const [doomed, setDoomed] = useState<Doomed | null>(null);
  const list = policies.value;
  const ties = watches.value ?? [];
  const error = policies.error ?? watches.error;
  const close = (): void => setCreating(null);
  return (
    <Page
      title="Policies & watches"
      sub="A policy judges findings; a watch ties it to repositories; what goes against it is a violation."
      actions={
        <button type="button" class="button primary" onClick={() => setCreating("policy")}>
          <Icon name="plus" size="s" />
          New policy
        </button>
      }
    >
      {error && <ErrorNote error={error} retry={policies.refresh} />}
      {!list && !error && (
        <section class="card">
          <Skeleton rows={4} />
        </section>
      )}
      {list?.length === 0 && (
        <section class="card">
          <Empty
            drawing="scales"
            title="No policy is on"
            actions={
              <button type="button" class="button small" onClick={() => setCreating("policy")}>
                Write the first policy
              </button>
            }
          >
            <p>Everything is scanned, nothing is blocked. A policy says what may be downloaded.</p>
          </Empty>
        </section>
      )}
      {list && list.length > 0 && (
        <div class="grid beside">
          <div class="column">
            {list.map((policy) => (
              <PolicyCard key={policy.name} policy={policy} watches={ties} onDelete={() => setDoomed({ kind: "policy", name: policy.name, consequence: "Its rules judge nothing any more. A policy that a watch uses is kept: delete the watch first." })} />
            ))}
          </div>
          <div class="column">
            <WatchesCard watches={ties} canAdd={list.length > 0} onAdd={() => setCreating("watch")} onDelete={(watch) => setDoomed({ kind: "watch", name: watch.general_data.name, consequence: `What it blocks in ${whereOf(watch)} can be downloaded again.` })} />
          </div>
        </div>
      )}
      {creating === "policy" && <CreatePolicyDialog taken={list?.map((one) => one.name) ?? []} onClose={close} />}
      {creating === "watch" && list && <CreateWatchDialog policies={list} onClose={close} />}
      {doomed && <DeleteRuleDialog doomed={doomed} onClose={() => setDoomed(null)} />}
    </Page>
  );
}
