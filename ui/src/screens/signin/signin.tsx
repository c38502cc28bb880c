/* Signing in: a page at the start, a dialog over the page when a session ended (nothing typed there is lost). */
import { useState } from "preact/hooks";
import { sentence } from "../../lib/format";
import { useAction } from "../../lib/data";
import { signIn } from "../../lib/session";
import { ThemeSwitch } from "../../frame/theme-switch";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Logo } from "../../parts/logo";
import { Field, usePageTitle } from "../../parts/page";
import { ErrorNote } from "../../parts/states";

function SignInForm({ user: known }: { user: string }) {
  const [user, setUser] = useState(known);
  const [password, setPassword] = useState("");
  const action = useAction();
  const refused = action.error?.status === 401;
  const submit = (event: Event): void => {
    event.preventDefault();
    action.run(() => signIn(user, password));
  };
  return (
    <form class="column" onSubmit={submit}>
      <Field id="signin-user" label="User name">
        <input id="signin-user" class="input" name="user" autocomplete="username" autocapitalize="off" spellcheck={false} required autofocus={!known} value={user} onInput={(event) => setUser(event.currentTarget.value)} />
      </Field>
      <Field
        id="signin-password"
        label="Password"
        error={
          refused && action.error && (
            <>
              <Icon name="warn" size="s" />
              <span>{/attempt|wait|locked/i.test(action.error.message) ? sentence(action.error.message) : "That name and password do not go together."}</span>
            </>
          )
        }
      >
        <input id="signin-password" class={refused ? "input bad" : "input"} name="password" type="password" autocomplete="current-password" required autofocus={known !== ""} aria-invalid={refused} aria-describedby={refused ? "signin-password-hint" : undefined} value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
      </Field>
      {action.error && !refused && <ErrorNote error={action.error} />}
      <button class="button primary large" disabled={action.busy}>
        Sign in
      </button>
    </form>
  );
}

export function SignInPage() {
  usePageTitle("Sign in");
  return (
    <main class="signin" id="main">
      <div class="card">
        <Logo />
        <h1>Sign in to Assay</h1>
        <p class="soft host">{window.location.host}</p>
        <SignInForm user="" />
        <div class="notice">
          <Icon name="info" />
          <span>
            <b>First start?</b> The server printed the password of <code>admin</code> once, in the terminal where it was started.
          </span>
        </div>
      </div>
      <ThemeSwitch />
    </main>
  );
}

export function SignInDialog({ user, onGiveUp }: { user: string; onGiveUp: () => void }) {
  return (
    <Dialog title="Your session has ended" onClose={onGiveUp} dismissible={false} footer={<button type="button" class="button" onClick={onGiveUp}>Leave this page</button>}>
      <div class="column">
        <p class="soft">Sign in again to go on. What is open and typed here stays.</p>
        <SignInForm user={user} />
      </div>
    </Dialog>
  );
}
