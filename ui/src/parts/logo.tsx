/* A touchstone with cut corners; the bar of its A is the streak that the gold left. */
export function Logo() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class="logo">
      <path class="stone" d="M6 1.5h12L22.5 6v12L18 22.5H6L1.5 18V6z" />
      <path class="legs" d="M7.25 18 12 6l4.75 12" />
      <path class="streak" d="m5.5 15.25 13-4" />
    </svg>
  );
}
