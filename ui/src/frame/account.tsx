/* The account: who is signed in, theme, password, shortcuts, signing out. */
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Session, Status } from "../api/types";
import { useAction } from "../lib/data";
import { signOut } from "../lib/session";
import { toast } from "../lib/toast";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { Field } from "../parts/page";
import { ErrorNote } from "../parts/states";
import { Freshness } from "./freshness";
import { PlaceList } from "./sidebar";
import { ThemeSwitch } from "./theme-switch";

export const initials = (user: string): string => user.slice(0, 2).toUpperCase();

function PasswordForm({ onDone }: { onDone: () => void }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const action = useAction();
  const save = (event: Event): void => {
    event.preventDefault();
    action.run(async () => {
      await api.changePassword(old, fresh);
      toast("The password is changed.");
      onDone();
    });
  };
  return (
    <form class="column close" onSubmit={save}>
      <Field id="password-old" label="Present password">
        <input id="password-old" class="input" type="password" autocomplete="current-password" required value={old} onInput={(event) => setOld(event.currentTarget.value)} />
      </Field>
      <Field id="password-new" label="New password" hint="Eight characters at least; longer is better than stranger.">
        <input id="password-new" class="input" type="password" autocomplete="new-password" minLength={8} required value={fresh} onInput={(event) => setFresh(event.currentTarget.value)} />
      </Field>
      {action.error && <ErrorNote error={action.error} />}
      <div class="line">
        <button class="button primary" disabled={action.busy}>
          Change password
        </button>
      </div>
    </form>
  );
}

export function AccountDialog({ session, status, at, menu, onClose, onShortcuts }: { session: Session; status: Status | undefined; at: string; menu: boolean; onClose: () => void; onShortcuts: () => void }) {
  const [password, setPassword] = useState(false);
  const action = useAction();
  return (
    <Dialog title={menu ? "Menu" : "Account"} onClose={onClose}>
      <div class="column">
        {menu && (
          <nav aria-label="All places" onClick={onClose}>
            <PlaceList at={at} status={status} />
          </nav>
        )}
        <div class="line close">
          <span class="initials" aria-hidden="true" data-initials={initials(session.user)} />
          <div>
            <div class="semi">
              <bdi>{session.user}</bdi>
            </div>
            <div class="soft fine">{session.admin ? "administrator" : "user"}</div>
          </div>
        </div>
        <div class="line wraps">
          <span class="label">Theme</span>
          <ThemeSwitch />
        </div>
        {password ? (
          <PasswordForm onDone={onClose} />
        ) : (
          <div class="line wraps">
            <button type="button" class="button" onClick={() => setPassword(true)}>
              <Icon name="key" size="s" />
              Change password…
            </button>
            <button type="button" class="button" onClick={onShortcuts}>
              <Icon name="keyboard" size="s" />
              Shortcuts
            </button>
            <button type="button" class="button" disabled={action.busy} onClick={() => action.run(signOut)}>
              <Icon name="out" size="s" />
              Sign out
            </button>
          </div>
        )}
        {action.error && <ErrorNote error={action.error} />}
        {status && (
          <>
            <hr class="divider" />
            <Freshness status={status} />
            <p class="dim fine">Assay {status.version}</p>
          </>
        )}
      </div>
    </Dialog>
  );
}
