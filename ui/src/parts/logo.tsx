/* The touchstone with its gold streak. */
export function Logo() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class="logo">
      <path class="stone" d="M7.2 1.2h9.6l6 6v9.6l-6 6H7.2l-6-6V7.2z" />
      <path class="letter" d="M7.4 17.4 12 6.2l4.6 11.2" />
      <path class="streak" d="M6.3 15.2c3.3-.4 7.3-1.9 11.6-4.7" />
    </svg>
  );
}
