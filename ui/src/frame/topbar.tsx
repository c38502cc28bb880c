import { capital, visible } from "../lib/format";
import { href, itemPath, type Location } from "../lib/router";
import { setTheme, theme } from "../lib/theme";
import { useStore } from "../lib/store";
import { Icon } from "../parts/icon";
import { Logo } from "../parts/logo";
import { initials } from "./account";
import { firstSegment, places } from "./places";

interface Crumb {
  label: string;
  to?: string;
}

function crumbsOf(location: Location): Crumb[] {
  const [first = "", ...rest] = location.segments;
  const place = places.find((one) => firstSegment(one.path) === first);
  if (!place) return [{ label: capital(first) || "Home" }];
  const head: Crumb[] = place.group === "Security" && first !== "policies" ? [{ label: "Security", to: "/vulnerabilities" }] : [];
  head.push({ label: place.label, to: place.path });
  if (first === "artifacts") return head.concat(rest.map((name, at) => ({ label: visible(name), to: itemPath(rest[0] ?? "", rest.slice(1, at + 1).join("/")) })));
  /* A bare number says nothing where it stands alone, as on the phone. */
  if (first === "violations") return head.concat(rest.map((number) => ({ label: `Violation ${visible(number)}` })));
  return head.concat(rest.map((label) => ({ label: visible(label) })));
}

function Crumbs({ location }: { location: Location }) {
  const crumbs = crumbsOf(location);
  const parent = crumbs.length > 1 && location.segments.length > 1 ? crumbs[crumbs.length - 2]?.to : undefined;
  return (
    <>
      {parent ? (
        <a class="back phone-only" href={href(parent)} aria-label="Back">
          <Icon name="left" size="l" />
        </a>
      ) : (
        <a class="phone-only" href={href("/")} aria-label="Assay, home">
          <Logo />
        </a>
      )}
      <nav class="trail fill" aria-label="Breadcrumb">
        {crumbs.map((crumb, at) =>
          at === crumbs.length - 1 ? (
            <bdi key={at} aria-current="page" class="clip">
              {crumb.label}
            </bdi>
          ) : (
            <>
              {crumb.to ? (
                <a class="desk-only" href={href(crumb.to)}>
                  <bdi>{crumb.label}</bdi>
                </a>
              ) : (
                <bdi class="desk-only">{crumb.label}</bdi>
              )}
              <span aria-hidden="true" class="desk-only">
                /
              </span>
            </>
          ),
        )}
      </nav>
    </>
  );
}

function ThemeButton() {
  const chosen = useStore(theme);
  const dark = chosen === "dark" || (chosen === "system" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  const label = dark ? "Switch to light" : "Switch to dark";
  return (
    <button type="button" class="button plain square desk-only" aria-label={label} title={label} onClick={() => setTheme(dark ? "light" : "dark")}>
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}

export function TopBar({ location, user, onSearch, onDeploy, onAccount }: { location: Location; user: string; onSearch: () => void; onDeploy: () => void; onAccount: () => void }) {
  return (
    <header class="topline">
      <Crumbs location={location} />
      <button type="button" class="jump" onClick={onSearch}>
        <Icon name="search" />
        <span class="fill">Search or jump to…</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <button type="button" class="button primary desk-only" onClick={onDeploy}>
        <Icon name="upload" />
        Deploy
      </button>
      <button type="button" class="button square phone-only" aria-label="Deploy" onClick={onDeploy}>
        <Icon name="upload" />
      </button>
      <ThemeButton />
      <button type="button" class="initials" aria-label={`Your account, ${user}`} data-initials={initials(user)} onClick={onAccount} />
    </header>
  );
}

