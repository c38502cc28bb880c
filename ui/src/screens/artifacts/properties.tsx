/* Properties: seen, added, changed, removed, in place. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Item, Property } from "../../api/types";
import { refreshAll, useAction } from "../../lib/data";
import { Icon } from "../../parts/icon";
import { Card } from "../../parts/page";
import { ErrorNote } from "../../parts/states";
import { Name } from "../../parts/text";

function Editor({ start, onSave, onCancel, busy }: { start: Property; onSave: (property: Property) => void; onCancel: () => void; busy: boolean }) {
  const [name, setName] = useState(start.name);
  const [value, setValue] = useState(start.value);
  return (
    <form
      class="line wraps property-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSave({ name: name.trim(), value: value.trim() });
      }}
      onKeyDown={(event) => event.key === "Escape" && onCancel()}
    >
      <input class="input mono" aria-label="Property name" placeholder="stage" required autofocus={start.name === ""} readOnly={start.name !== ""} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      <input class="input" aria-label="Property value" placeholder="candidate" required autofocus={start.name !== ""} value={value} onInput={(event) => setValue(event.currentTarget.value)} />
      <button class="button small" disabled={busy}>
        Save
      </button>
      <button type="button" class="button plain small" onClick={onCancel}>
        Cancel
      </button>
    </form>
  );
}

export function Properties({ item }: { item: Item }) {
  const [editing, setEditing] = useState<Property | null>(null);
  const action = useAction();
  const save = (property: Property): void =>
    action.run(async () => {
      await api.setProperty(item.repo, item.path, property);
      setEditing(null);
      refreshAll();
    });
  const drop = (name: string): void =>
    action.run(async () => {
      await api.deleteProperty(item.repo, item.path, name);
      refreshAll();
    });
  return (
    <Card
      title="Properties"
      action={
        <button type="button" class="button plain small" onClick={() => setEditing({ name: "", value: "" })}>
          <Icon name="plus" size="s" />
          Add
        </button>
      }
    >
      <div class="body column close">
        {item.properties.length > 0 && (
          <ul class="properties">
            {item.properties.map((property) => (
              <li key={`${property.name}=${property.value}`}>
                <i>
                  <Name text={property.name} />
                </i>
                <button type="button" class="value-of" aria-label={`Change ${property.name}`} onClick={() => setEditing(property)}>
                  <Name text={property.value} />
                </button>
                <button type="button" class="copy" aria-label={`Remove ${property.name}`} disabled={action.busy} onClick={() => drop(property.name)}>
                  <Icon name="x" />
                </button>
              </li>
            ))}
          </ul>
        )}
        {item.properties.length === 0 && !editing && <p class="soft">None. Properties say what a file is for: a stage, a build, an owner.</p>}
        {editing && <Editor key={editing.name} start={editing} busy={action.busy} onSave={save} onCancel={() => setEditing(null)} />}
        {action.error && <ErrorNote error={action.error} />}
      </div>
    </Card>
  );
}
