/* Deleting says what goes, and asks for the name. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { refreshAll, useAction } from "../../lib/data";
import { size, visible } from "../../lib/format";
import { go, itemPath } from "../../lib/router";
import { toast } from "../../lib/toast";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/page";
import { ErrorNote } from "../../parts/states";
import { Name } from "../../parts/text";

export function DeleteDialog({ repo, path, bytes, folder, onClose }: { repo: string; path: string; bytes: number | null; folder: boolean; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const action = useAction();
  const name = path.split("/").pop() ?? path;
  const parent = path.split("/").slice(0, -1).join("/");
  const submit = (event: Event): void => {
    event.preventDefault();
    if (typed !== name) return;
    action.run(async () => {
      await api.deleteItem(repo, path);
      onClose();
      go(itemPath(repo, parent), { replace: true });
      refreshAll();
      toast(`${visible(name)} is deleted.`, { detail: `${repo}/${visible(path)}` });
    });
  };
  return (
    <Dialog
      title={`Delete ${visible(name)}?`}
      onClose={onClose}
      dismissible={!action.busy}
      footer={
        <>
          <button type="button" class="button to-end" onClick={onClose}>
            Keep
          </button>
          <button type="submit" form="delete-form" class="button danger filled" disabled={typed !== name || action.busy}>
            Delete {folder ? "the folder" : "1 artifact"}
          </button>
        </>
      }
    >
      <form id="delete-form" class="column" onSubmit={submit}>
        <p>
          <span class="mono">
            <Name text={`${repo}/${path}`} />
          </span>
          {bytes !== null && `, ${size(bytes)},`} goes{folder && ", with everything in it"}. It cannot be brought back from here. The same bytes under another path are not touched.
        </p>
        <Field id="delete-name" label={`Type ${visible(name)} to confirm`}>
          <input id="delete-name" class="input mono" autofocus spellcheck={false} autocapitalize="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        </Field>
        {action.error && <ErrorNote error={action.error} still="Nothing was deleted." />}
      </form>
    </Dialog>
  );
}
