/* A search that lives in the address: replaced while typing, pushed on Enter. What was open of the old list is closed. */
import { useEffect, useState } from "preact/hooks";
import { setQuery } from "../lib/router";
import { Icon } from "./icon";

const TYPING_MS = 120;

export function SearchField({ q, placeholder, label }: { q: string; placeholder: string; label: string }) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = window.setTimeout(() => setQuery({ q: text.trim(), open: "" }, true), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <div class="input quiet find-field">
      <Icon name="search" size="s" />
      <input type="search" placeholder={placeholder} aria-label={label} value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && setQuery({ q: text.trim(), open: "" })} />
    </div>
  );
}
