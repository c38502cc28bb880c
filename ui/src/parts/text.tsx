/* Names, digests, times and commands: what people read and copy. */
import { useEffect, useState } from "preact/hooks";
import { copyText } from "../lib/copy";
import { exactTime, visible, when } from "../lib/format";
import { announce } from "../lib/toast";
import { Icon } from "./icon";

const NAME_SHOWN = 400;

/* A name that somebody else chose: isolated from the text around it, controls visible, cut when absurd. */
export function Name({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const shown = visible(text);
  if (shown.length <= NAME_SHOWN || all) return <bdi class="breaks">{shown}</bdi>;
  return (
    <>
      <bdi class="breaks">{shown.slice(0, NAME_SHOWN)}…</bdi>{" "}
      <button type="button" class="text-button" onClick={() => setAll(true)}>
        show all
      </button>
    </>
  );
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), 1500);
    return () => window.clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    if (!(await copyText(text))) return;
    setCopied(true);
    announce(`${what} copied`);
  };
  return (
    <button type="button" class="copy" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
}

/* A digest loses its middle, never its last eight characters; what is copied is whole. */
export function Digest({ value, what }: { value: string; what: string }) {
  return (
    <span class="digest" title={value}>
      <span class="start">{value.slice(0, -8)}</span>
      <span>{value.slice(-8)}</span>
      <Copy text={value} what={what} />
    </span>
  );
}

export function Time({ ms }: { ms: number }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactTime(ms)}>
      {when(ms)}
    </time>
  );
}

/* A command; strings are coloured, the prompt cannot be selected. */
export function Command({ text, what = "command" }: { text: string; what?: string }) {
  return (
    <div class="command">
      <pre>
        <span class="prompt" aria-hidden="true">
          ${" "}
        </span>
        {text.split(/("[^"]*")/).map((piece, at) => (at % 2 ? <span key={at} class="string">{piece}</span> : piece))}
      </pre>
      <Copy text={text} what={what} />
    </div>
  );
}
