/* A new repository: its key, what it holds, and a line about it. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { refreshAll, useAction } from "../../lib/data";
import { go, itemPath } from "../../lib/router";
import { toast } from "../../lib/toast";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Field } from "../../parts/page";
import { ErrorNote } from "../../parts/states";

/* The server decides; this says the same sooner. */
const KEY = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const suggest = (typed: string): string => typed.toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+|-+$/g, "").slice(0, 64);

export function CreateRepositoryDialog({ onClose }: { onClose: () => void }) {
  const [key, setKey] = useState("");
  const [left, setLeft] = useState(false);
  const [kind, setKind] = useState<"generic" | "docker">("generic");
  const [description, setDescription] = useState("");
  const action = useAction();
  const bad = left && key !== "" && !KEY.test(key);
  const better = suggest(key);

  const submit = (event: Event): void => {
    event.preventDefault();
    setLeft(true);
    if (!KEY.test(key)) return;
    action.run(async () => {
      await api.createRepository({ key, packageType: kind, description });
      refreshAll();
      toast(`${key} is created.`);
      onClose();
      go(itemPath(key, ""));
    });
  };
  const kinds = [
    { value: "generic", title: "Files and models", hint: "Anything with a path: models, data, archives. Uploads by browser, curl, jf." },
    { value: "docker", title: "Container images", hint: "docker push and pull. Layers and packages are scanned." },
  ] as const;

  return (
    <Dialog
      title="New repository"
      onClose={onClose}
      dismissible={!action.busy}
      footer={
        <>
          <button type="button" class="button to-end" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="create-form" class="button primary" disabled={action.busy || key === ""}>
            Create repository
          </button>
        </>
      }
    >
      <form id="create-form" class="column" onSubmit={submit}>
        <Field
          id="create-key"
          label="Repository key"
          hint="Part of every address in it, and not to be changed later."
          error={
            bad && (
              <>
                <Icon name="warn" size="s" />
                <span>
                  Small letters, digits, dot, dash and underscore.{" "}
                  {better && (
                    <>
                      Try{" "}
                      <button type="button" class="text-button" onClick={() => setKey(better)}>
                        {better}
                      </button>
                      .
                    </>
                  )}
                </span>
              </>
            )
          }
        >
          <input id="create-key" class={bad ? "input mono bad" : "input mono"} autofocus spellcheck={false} autocapitalize="off" placeholder="ml-models" value={key} aria-invalid={bad} aria-describedby="create-key-hint" onBlur={() => setLeft(true)} onInput={(event) => setKey(event.currentTarget.value)} />
        </Field>
        <fieldset class="choices">
          <legend>What it holds</legend>
          {kinds.map((one) => (
            <label key={one.value} class={kind === one.value ? "choice on" : "choice"}>
              <input type="radio" name="kind" value={one.value} checked={kind === one.value} onChange={() => setKind(one.value)} />
              <span>
                <b>{one.title}</b>
                <span class="hint">{one.hint}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Field id="create-description" label="Description, if it needs one">
          <input id="create-description" class="input" value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
        </Field>
        {action.error && <ErrorNote error={action.error} />}
      </form>
    </Dialog>
  );
}
