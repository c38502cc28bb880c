/* Tabs whose choice is in the address. Arrows move between them. */
import { setQuery, useQuery } from "../lib/router";

export interface Tab {
  id: string;
  label: string;
  count?: number;
}

/* The first tab needs no key in the address. */
export function useTab(tabs: readonly Tab[]): string {
  const [chosen] = useQuery("tab");
  return tabs.some((tab) => tab.id === chosen) ? chosen : (tabs[0]?.id ?? "");
}

export function Tabs({ tabs, chosen, label }: { tabs: readonly Tab[]; chosen: string; label: string }) {
  const choose = (at: number): void => {
    const tab = tabs[(at + tabs.length) % tabs.length];
    if (!tab) return;
    setQuery({ tab: tab === tabs[0] ? "" : tab.id });
    document.getElementById(`tab-${tab.id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label}>
      {tabs.map((tab, at) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          id={`tab-${tab.id}`}
          aria-selected={tab.id === chosen}
          aria-controls="tab-panel"
          tabIndex={tab.id === chosen ? 0 : -1}
          onClick={() => choose(at)}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight") choose(at + 1);
            if (event.key === "ArrowLeft") choose(at - 1);
          }}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && <span class="amount">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}
