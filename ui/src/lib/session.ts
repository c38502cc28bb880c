/* Who is signed in. A session that ends while somebody works opens a dialog over the page instead of throwing the page away. */
import { api } from "../api/client";
import { ApiError, onSessionEnded } from "../api/http";
import type { Session } from "../api/types";
import { forgetAll, refreshAll } from "./data";
import { Store } from "./store";

export type SessionState =
  | { kind: "asking" }
  | { kind: "none" }
  | { kind: "unreachable"; error: ApiError }
  | { kind: "known"; session: Session; expired: boolean };

export const session = new Store<SessionState>({ kind: "asking" });

export async function askSession(): Promise<void> {
  try {
    session.set({ kind: "known", session: await api.session(), expired: false });
  } catch (cause) {
    const error = cause instanceof ApiError ? cause : new ApiError(0, "", "the server does not answer", "");
    session.set(error.status === 401 ? { kind: "none" } : { kind: "unreachable", error });
  }
}

export async function signIn(user: string, password: string): Promise<void> {
  const before = session.value;
  const known = await api.signIn(user, password);
  session.set({ kind: "known", session: known, expired: false });
  /* Another user must not see what the first one's pages remembered. */
  if (before.kind === "known" && before.session.user === known.user) refreshAll();
  else forgetAll();
}

export async function signOut(): Promise<void> {
  await api.signOut();
  session.set({ kind: "none" });
  forgetAll();
}

onSessionEnded(() => {
  const now = session.value;
  if (now.kind === "known" && !now.expired) session.set({ ...now, expired: true });
});
