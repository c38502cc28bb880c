/* The frame, the view that the address names, and the layers that lie over both. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Session } from "./api/types";
import { AccountDialog } from "./frame/account";
import { Palette } from "./frame/palette";
import { ShortcutsDialog, useShortcuts } from "./frame/shortcuts";
import { SecurityBar, Sidebar, TabBar } from "./frame/sidebar";
import { useStatus } from "./frame/status";
import { Toasts } from "./frame/toasts";
import { TopBar } from "./frame/topbar";
import { sentence } from "./lib/format";
import { go, type Location, useLocation } from "./lib/router";
import { askSession, session } from "./lib/session";
import { useStore } from "./lib/store";
import { isActive, uploads } from "./lib/uploads";
import { Icon } from "./parts/icon";
import { Empty } from "./parts/states";
import { Artifacts } from "./screens/artifacts";
import { DeployDialog, type DeployTarget } from "./screens/deploy/deploy";
import { PageDrop } from "./screens/deploy/page-drop";
import { Home } from "./screens/home/home";
import { Models } from "./screens/models/models";
import { NotFound } from "./screens/notfound/notfound";
import { Policies } from "./screens/policies/policies";
import { SignInDialog, SignInPage } from "./screens/signin/signin";
import { Threats } from "./screens/threats/threats";
import { ViolationPage } from "./screens/violations/violation";
import { Violations } from "./screens/violations/violations";
import { Vulnerabilities } from "./screens/vulnerabilities/vulnerabilities";

type Layer = "deploy" | "account" | "menu" | "search" | "help" | null;

function View({ location, user, onDeploy }: { location: Location; user: string; onDeploy: () => void }) {
  const [first = "", ...rest] = location.segments;
  switch (first) {
    case "":
    case "signin":
      return <Home user={user} onDeploy={onDeploy} />;
    case "artifacts":
      return <Artifacts repo={rest[0] ?? ""} path={rest.slice(1).join("/")} user={user} onDeploy={onDeploy} />;
    case "deploy":
      return <Home user={user} onDeploy={onDeploy} />;
    case "violations":
      if (rest.length === 0) return <Violations />;
      return rest.length === 1 && /^[0-9]+$/.test(rest[0] ?? "") ? <ViolationPage id={Number(rest[0])} /> : <NotFound segments={location.segments} />;
  }
  if (rest.length > 0) return <NotFound segments={location.segments} />;
  if (first === "vulnerabilities") return <Vulnerabilities />;
  if (first === "models") return <Models />;
  if (first === "threats") return <Threats />;
  if (first === "policies" || first === "watches") return <Policies />;
  return <NotFound segments={location.segments} />;
}

/* The folder that is open is where files go. */
function targetOf(location: Location): DeployTarget {
  const [first, repo = "", ...path] = location.segments;
  if (first === "deploy") return { repo: location.query.get("repo") ?? "", folder: location.query.get("path") ?? "" };
  if (first !== "artifacts") return { repo: "", folder: "" };
  const last = path[path.length - 1] ?? "";
  return { repo, folder: (/\.[A-Za-z0-9]{1,12}$/.test(last) && !/^[0-9.]+$/.test(last) ? path.slice(0, -1) : path).join("/") };
}

/* Focus goes to the heading when the path changes, so that keyboards and screen readers start where the eye does. */
function useFocusOnRoute(location: Location): void {
  const path = location.segments.join("/");
  const [first, setFirst] = useState(true);
  useEffect(() => {
    if (first) return setFirst(false);
    const active = document.activeElement;
    if (active instanceof HTMLElement && active.getAttribute("role") === "treeitem") return;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [path]);
}

function UploadTray({ onOpen }: { onOpen: () => void }) {
  const active = useStore(uploads).filter(isActive).length;
  if (active === 0) return null;
  return (
    <button type="button" class="button tray" onClick={onOpen}>
      <Icon name="upload" size="s" />
      {active === 1 ? "1 upload" : `${active} uploads`} under way
    </button>
  );
}

function SignedIn({ known, expired }: { known: Session; expired: boolean }) {
  const location = useLocation();
  const status = useStatus();
  const [layer, setLayer] = useState<Layer>(location.segments[0] === "deploy" ? "deploy" : null);
  const at = location.segments[0] ?? "";
  const close = useCallback(() => {
    setLayer(null);
    if (at === "deploy") go("/", { replace: true });
  }, [at]);
  const deploy = useCallback(() => setLayer("deploy"), []);
  const commands = useMemo(() => ({ search: () => setLayer("search"), deploy, help: () => setLayer("help") }), [deploy]);
  useShortcuts(commands);
  useFocusOnRoute(location);
  /* Following a link out of a layer closes it. */
  const path = location.segments.join("/");
  /* With the page, not after it was painted: a key pressed in between would open a layer that this then closed. */
  const before = useRef(path);
  useLayoutEffect(() => {
    if (before.current !== path) setLayer(null);
    before.current = path;
  }, [path]);

  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <div class="shell">
        <Sidebar at={at} status={status.value} />
        <div class="content">
          <TopBar location={location} user={known.user} onSearch={commands.search} onDeploy={deploy} onAccount={() => setLayer("account")} />
          {status.error?.offline && (
            <div class="banner" role="alert">
              <Icon name="unplugged" />
              <span>
                <b>{sentence(status.error.message)}</b> What you see is from before. Trying again.
              </span>
            </div>
          )}
          <main id="main" tabIndex={-1}>
            <SecurityBar at={at} />
            <View location={location} user={known.user} onDeploy={deploy} />
          </main>
        </div>
      </div>
      <TabBar at={at} onMenu={() => setLayer("menu")} />
      <PageDrop onFiles={deploy} />
      {layer === "deploy" && <DeployDialog target={targetOf(location)} onClose={close} />}
      {layer === "search" && <Palette onClose={close} onDeploy={deploy} />}
      {layer === "help" && <ShortcutsDialog onClose={close} />}
      {(layer === "account" || layer === "menu") && <AccountDialog session={known} status={status.value} at={at} menu={layer === "menu"} onClose={close} onShortcuts={commands.help} />}
      {layer !== "deploy" && <UploadTray onOpen={deploy} />}
      {expired && <SignInDialog user={known.user} onGiveUp={() => session.set({ kind: "none" })} />}
    </>
  );
}

export function App() {
  const state = useStore(session);
  useEffect(() => void askSession(), []);
  return (
    <>
      {state.kind === "asking" && <div class="shell" aria-hidden="true"><div class="sidebar" /><div class="content"><div class="topline" /></div></div>}
      {state.kind === "none" && <SignInPage />}
      {state.kind === "unreachable" && (
        <main class="signin">
          <div class="card">
            <Empty
              drawing="offline"
              level={1}
              title="The server does not answer"
              actions={
                <button type="button" class="button small" onClick={() => void askSession()}>
                  Try again
                </button>
              }
            >
              <p>{sentence(state.error.message)}</p>
            </Empty>
          </div>
        </main>
      )}
      {state.kind === "known" && <SignedIn key={state.session.user} known={state.session} expired={state.expired} />}
      <Toasts />
    </>
  );
}
