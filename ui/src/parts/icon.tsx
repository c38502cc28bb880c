/* Icons: 16 px grid, 1.5 px stroke, round ends. Beside a word they are hidden from screen readers; alone, their button has a name. */
const paths = {
  box: "M2.5 5 8 2.2 13.5 5v6L8 13.8 2.5 11zM2.5 5 8 7.8 13.5 5M8 7.8v6",
  build: "M9.2 3.2a3.3 3.3 0 0 1 3.9 4.3L6.4 14 2 9.6l6-6.3M5.8 6.2 9.7 10",
  check: "M3 8.5 6.3 12 13 4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  dots: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  down: "M3.5 6 8 10.5 12.5 6",
  download: "M8 2.5v7.7M5 7.4l3 3 3-3M2.5 10v3.5h11V10",
  ext: "M9 2.5h4.5V7M13.5 2.5 7.5 8.5M11.5 9.5v4h-9v-9h4",
  file: "M3.8 1.8h5.6l3 3v9.4H3.8zM9.2 1.8v3.2h3.2",
  folder: "M2 12.8V3.5h4.2l1.6 2H14v7.3z",
  globe: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM2 8h12M8 2c2 2 2.4 4 2.4 6S10 12 8 14c-2-2-2.4-4-2.4-6S6 4 8 2z",
  home: "M2.5 7 8 2.5 13.5 7v6.5h-4V9.5h-3v4h-4z",
  image: "M8 2 14 5 8 8 2 5zM2.6 8 8 10.8 13.4 8M2.6 11 8 13.8 13.4 11",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.3v3.7M8 5v.01",
  key: "M10.5 2.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8.3 7.7 2.5 13.5M4.3 11.7l1.7 1.7",
  keyboard: "M1.8 4h12.4v8H1.8zM4.5 6.7h.01M7 6.7h.01M9.5 6.7h.01M11.7 6.7h.01M5 9.5h6",
  left: "M10 3.5 5.5 8l4.5 4.5",
  lock: "M3.5 7h9v6.7h-9zM5.3 7V5a2.7 2.7 0 0 1 5.4 0v2M8 9.7v1.3",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  model: "M8 2.2v3M8 5.2 4 9M8 5.2 12 9M2.5 9h3v3h-3zM10.5 9h3v3h-3zM4 12v1.8M12 12v1.8",
  moon: "M13.3 9.6A5.6 5.6 0 0 1 6.4 2.7a5.6 5.6 0 1 0 6.9 6.9z",
  out: "M9.5 2.5H3.5v11h6M7 8h7M11.3 5.3 14 8l-2.7 2.7",
  package: "M3 5.5h10v8H3zM2 2.5h12v3H2zM6.5 8.2h3",
  plus: "M8 3v10M3 8h10",
  refresh: "M13.3 6.5A5.5 5.5 0 0 0 3.3 5M2.7 2.3V5.3h3M2.7 9.5a5.5 5.5 0 0 0 10 1.5M13.3 13.7v-3h-3",
  report: "M3.5 2h6l3 3v9h-9zM9.5 2v3h3M6 8h4M6 10.7h4",
  right: "M6 3.5 10.5 8 6 12.5",
  scales: "M8 2v11.5M5 13.5h6M3 4.2h10M3 4.2 1.3 9.2a1.9 1.9 0 0 0 3.4 0zM13 4.2l-1.7 5a1.9 1.9 0 0 0 3.4 0z",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4 13.8 13.8",
  shield: "M8 1.8 13.2 3.7v4c0 3.2-2.1 5.3-5.2 6.5-3.1-1.2-5.2-3.3-5.2-6.5v-4z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  system: "M2 3h12v8H2zM6 13.5h4M8 11v2.5",
  tag: "M2.5 2.5h5l6.3 6.3-5 5L2.5 7.5zM5.3 5.3h.01",
  threat: "M5.4 6.5a2.6 2.6 0 0 1 5.2 0v3.6a2.6 2.6 0 0 1-5.2 0zM5.4 8.3H2.3M10.6 8.3h3.1M5.6 5.6 3.4 3.4M10.4 5.6l2.2-2.2M5.8 11.4l-2.3 2M10.2 11.4l2.3 2",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.2 4.5l.6 9h6.4l.6-9",
  up: "M3.5 10 8 5.5 12.5 10",
  upload: "M8 10.5V2.8M5 5.6 8 2.6l3 3M2.5 10v3.5h11V10",
  violation: "M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM5 8h6",
  vuln: "M8 1.8 13.2 3.7v4c0 3.2-2.1 5.3-5.2 6.5-3.1-1.2-5.2-3.3-5.2-6.5v-4zM8 5v3.4M8 10.6v.1",
  warn: "M8 2.3 14.3 13.5H1.7zM8 6.5v3M8 11.5v.01",
  wifi: "M2 2l12 12M2.5 7a8 8 0 0 1 2.7-1.7M8 4.3c2.1 0 4 .9 5.5 2.7M4.8 9.6A4.6 4.6 0 0 1 7 8.4M8 12.5v.01",
  x: "M4 4l8 8M12 4l-8 8",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = "m" }: { name: IconName; size?: "s" | "m" | "l" }) {
  return (
    <svg class={size === "m" ? "ic" : `ic ${size}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
