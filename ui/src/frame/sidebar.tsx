import type { Status } from "../api/types";
import { href } from "../lib/router";
import { Icon } from "../parts/icon";
import { Logo } from "../parts/logo";
import { Freshness } from "./freshness";
import { firstSegment, type Place, places } from "./places";

function PlaceLink({ place, at, status }: { place: Place; at: string; status: Status | undefined }) {
  const waiting = status && place.count ? place.count(status) : 0;
  return (
    <a href={href(place.path)} aria-current={firstSegment(place.path) === at ? "page" : undefined}>
      <Icon name={place.icon} />
      {place.label}
      {waiting > 0 && (
        <span class="count urgent">
          {waiting}
          <span class="unseen"> open</span>
        </span>
      )}
    </a>
  );
}

export function PlaceList({ at, status }: { at: string; status: Status | undefined }) {
  return (
    <div class="places">
      {places.map((place, index) => (
        <>
          {place.group && place.group !== places[index - 1]?.group && <h2>{place.group}</h2>}
          <PlaceLink key={place.path} place={place} at={at} status={status} />
        </>
      ))}
    </div>
  );
}

export function Sidebar({ at, status }: { at: string; status: Status | undefined }) {
  return (
    <nav class="sidebar" aria-label="Main">
      <a class="brand" href={href("/")}>
        <Logo />
        Assay
      </a>
      <PlaceList at={at} status={status} />
      <div class="base">
        <Freshness status={status} />
      </div>
    </nav>
  );
}

/* On the phone the security pages share one tab: this is how one goes between them. */
export function SecurityBar({ at }: { at: string }) {
  const pages = places.filter((place) => place.group === "Security" && place.path !== "/policies");
  if (!pages.some((place) => firstSegment(place.path) === at)) return null;
  return (
    <nav class="siblings phone-only" aria-label="Security">
      {pages.map((place) => (
        <a key={place.path} href={href(place.path)} aria-current={firstSegment(place.path) === at ? "page" : undefined}>
          {place.label}
        </a>
      ))}
    </nav>
  );
}

export function TabBar({ at, onMenu }: { at: string; onMenu: () => void }) {
  const security = ["vulnerabilities", "threats", "violations"].includes(at);
  const current = (on: boolean): "page" | undefined => (on ? "page" : undefined);
  return (
    <nav class="thumb-bar" aria-label="Main, phone">
      <a href={href("/")} aria-current={current(at === "")}>
        <Icon name="home" />
        Home
      </a>
      <a href={href("/artifacts")} aria-current={current(at === "artifacts")}>
        <Icon name="box" />
        Artifacts
      </a>
      <a href={href("/vulnerabilities")} aria-current={current(security)}>
        <Icon name="shield" />
        Security
      </a>
      <a href={href("/policies")} aria-current={current(at === "policies")}>
        <Icon name="scales" />
        Policies
      </a>
      <button type="button" onClick={onMenu}>
        <Icon name="menu" />
        Menu
      </button>
    </nav>
  );
}
