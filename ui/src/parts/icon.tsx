/*
 * Icons on a grid of 16 px: strokes of 1.5 px with round ends, on whole and half pixels where they can be. Beside a word they are hidden
 * from screen readers; alone, their button has a name.
 */
const paths = {
  /* a cabinet with two drawers */
  box: "M3.5 2.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM2.5 8h11M6.75 5.25h2.5M6.75 10.75h2.5",
  check: "m2.75 8.75 3.5 3.25 7-8",
  copy: "M6.25 6.25h7.25v7.25H6.25zM3.75 9.75H2.5V2.5h7.25v1.25",
  down: "m4 6.25 4 4 4-4",
  download: "M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11",
  file: "M9 1.75H4.5a1 1 0 0 0-1 1v10.5a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-8zM9 1.75v3.5h3.5",
  folder: "M1.75 4.25a1 1 0 0 1 1-1h3.5L7.75 5h5.5a1 1 0 0 1 1 1v6.25a1 1 0 0 1-1 1H2.75a1 1 0 0 1-1-1z",
  home: "M1.75 8 8 2.25 14.25 8M3.75 6.5v7h8.5v-7M8 13.5V10",
  /* a freight container */
  image: "M2 4h12v8.5H2zM5 6.75v3M8 6.75v3M11 6.75v3",
  info: "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM8 11V7.5M8 5.25v-.01",
  key: "M7.5 8A2.75 2.75 0 1 1 2 8a2.75 2.75 0 0 1 5.5 0zM7.5 8H14v2.5M11 8v2",
  keyboard: "M2.5 4.25h11a1 1 0 0 1 1 1v5.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-5.5a1 1 0 0 1 1-1zM4.5 7h.5M7.75 7h.5M11 7h.5M5 9.25h6",
  left: "m9.75 4-4 4 4 4",
  lock: "M4 7.25h8a1 1 0 0 1 1 1v4.5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-4.5a1 1 0 0 1 1-1zM5 7V5.25a3 3 0 0 1 6 0V7",
  menu: "M2 4h12M2 8h8M2 12h12",
  /* three nodes of a net */
  model: "M5 4a1.75 1.75 0 1 1-3.5 0A1.75 1.75 0 0 1 5 4zM5 12a1.75 1.75 0 1 1-3.5 0A1.75 1.75 0 0 1 5 12zM14.5 8A1.75 1.75 0 1 1 11 8a1.75 1.75 0 0 1 3.5 0zM5 4.75l6 2.5M5 11.25l6-2.5",
  moon: "M10 2.25a6 6 0 1 0 3.75 8.25A6.25 6.25 0 0 1 10 2.25z",
  out: "M8 1.75V7.5M4.75 3.5a5.5 5.5 0 1 0 6.5 0",
  plus: "M8 2.75v10.5M2.75 8h10.5",
  right: "m6.25 4 4 4-4 4",
  scales: "M8 2.25v11M5 13.5h6M3 5l10-1.5M.75 9.75 3 5l2.25 4.75a2.25 2.25 0 0 1-4.5 0zM10.75 8.25 13 3.5l2.25 4.75a2.25 2.25 0 0 1-4.5 0z",
  search: "M11 6.75a4.25 4.25 0 1 1-8.5 0 4.25 4.25 0 0 1 8.5 0zM9.75 9.75l4 4",
  shield: "M2.75 3.25 8 1.75l5.25 1.5v4.5c0 3-2 5-5.25 6.5-3.25-1.5-5.25-3.5-5.25-6.5z",
  sun: "M10.75 8a2.75 2.75 0 1 1-5.5 0 2.75 2.75 0 0 1 5.5 0zM8 1.25v1.5M8 13.25v1.5M14.75 8h-1.5M2.75 8h-1.5M12.75 3.25l-1 1M4.25 11.75l-1 1M12.75 12.75l-1-1M4.25 4.25l-1-1",
  system: "M2.75 2.75h10.5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H2.75a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM8 10.75v2.75M5 13.5h6",
  tag: "M13.5 2.5H8.25L2 8.75 7.25 14l6.25-6.25zM10.75 5.25v-.01",
  /* a round thing with a lit fuse */
  threat: "M10.75 9.75a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM9.5 6.5l1.25-1.25c.75-.75 1.75-.5 2.25.25M13.25 1.5v1M15 5.5h-.5M14.75 3.25l-.25.15",
  trash: "M2.5 4.25h11M5.75 4.25v-2h4.5v2M3.75 4.25v9.5h8.5v-9.5M6.5 7v4M9.5 7v4",
  unplugged: "M1.25 8h2.5M3.75 5v6h2.25a3 3 0 0 0 0-6zM14.75 8h-2M12.75 4.75v6.5M12.75 6.25h-2.25M12.75 9.75h-2.25",
  up: "m4 9.75 4-4 4 4",
  upload: "M8 10.25v-8M4.5 5.75 8 2.25l3.5 3.5M2.5 13.5h11",
  /* a flag */
  violation: "M3.5 14V2.25M3.5 3h9l-2.25 3.25 2.25 3.25h-9",
  /* a shield with a crack */
  vuln: "M2.75 3.25 8 1.75l5.25 1.5v4.5c0 3-2 5-5.25 6.5-3.25-1.5-5.25-3.5-5.25-6.5zM8.75 4.5 7 7.25h2.25l-1.5 3",
  warn: "M7.1 2.75a1 1 0 0 1 1.8 0l5.25 9.5a1 1 0 0 1-.9 1.5H2.75a1 1 0 0 1-.9-1.5zM8 6.25v2.75M8 11.25v-.01",
  x: "m3.75 3.75 8.5 8.5M12.25 3.75l-8.5 8.5",
} as const;

export type IconName = keyof typeof paths;

const sizes = { s: "icon small", m: "icon", l: "icon large" };

export function Icon({ name, size = "m" }: { name: IconName; size?: keyof typeof sizes }) {
  return (
    <svg class={sizes[size]} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
