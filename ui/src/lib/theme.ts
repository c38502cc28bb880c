/* Light, dark, or as the system says. The choice is this browser's. */
import { Store } from "./store";

export type Theme = "system" | "light" | "dark";
const KEY = "assay.theme";

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

export const theme = new Store<Theme>(stored());

export function setTheme(next: Theme): void {
  if (next === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(KEY, next);
    document.documentElement.dataset["theme"] = next;
  }
  theme.set(next);
}
