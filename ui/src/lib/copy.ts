/* navigator.clipboard exists on secure origins only; a registry on plain http in a private network is not one. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      /* Refused by a permission: the old way may still work. */
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  const opener = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (opener instanceof HTMLElement) opener.focus();
  return done;
}
