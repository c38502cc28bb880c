/* One file of the Deploy dialog: waiting, hashing, sending, scanning, then its verdict; or why it was refused. */
import { sentence, size } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { remove, retry, type Upload } from "../../lib/uploads";
import { Icon } from "../../parts/icon";
import { Name } from "../../parts/text";
import { ScanMark, shownVerdict, VerdictMark } from "../../parts/verdict";

function timeLeft(upload: Upload, done: number, rate: number): string {
  if (rate <= 0) return "";
  const seconds = Math.ceil((upload.file.size - done) / rate);
  return seconds < 60 ? `, ${seconds} s left` : `, ${Math.ceil(seconds / 60)} min left`;
}

function progress(upload: Upload): number {
  const { state } = upload;
  if (state.kind === "sending") return upload.file.size ? state.done / upload.file.size : 1;
  if (state.kind === "scanning" || state.kind === "stored") return 1;
  return 0;
}

const remedies: Record<number, string> = {
  401: "Sign in again, then try again.",
  403: "Ask an administrator for the right to deploy here.",
  409: "The bytes changed on their way, or the place is taken. Nothing was stored.",
  507: "Nothing was stored. Free space on the server, then try again.",
};

function Line({ upload, target }: { upload: Upload; target: string }) {
  const { state } = upload;
  switch (state.kind) {
    case "staged":
      return (
        <>
          to <Name text={target} />
        </>
      );
    case "waiting":
      return <>Waiting</>;
    case "hashing":
      return <>Hashing, {upload.file.size ? Math.floor((state.done / upload.file.size) * 100) : 100} %</>;
    case "sending":
      return (
        <>
          {size(state.done)} of {size(upload.file.size)}
          {state.rate > 0 && `, ${size(state.rate)}/s${timeLeft(upload, state.done, state.rate)}`}
        </>
      );
    case "scanning":
      return <>{state.linked ? "Already stored: linked, 0 bytes sent. " : "Stored. "}Scanning</>;
    case "stored":
      return (
        <>
          <b>{shownVerdict(state.scan)?.word ?? "Scanned, not a model"}.</b> {state.linked ? "Already stored: linked, 0 bytes sent." : "Stored at"} {!state.linked && <Name text={upload.path} />}
        </>
      );
    case "failed":
      return (
        <>
          {sentence(state.message)} {remedies[state.status] ?? ""}
          {state.requestId && <span class="dim"> Request {state.requestId}.</span>}
        </>
      );
  }
}

function Mark({ upload }: { upload: Upload }) {
  const { state } = upload;
  if (state.kind === "failed") return <Icon name="warn" />;
  if (state.kind === "stored") return shownVerdict(state.scan) ? <ScanMark scan={state.scan} quiet /> : <Icon name="check" />;
  return <VerdictMark shape="waiting" word="Under way" quiet />;
}

export function UploadRow({ upload, target }: { upload: Upload; target: string }) {
  const { state } = upload;
  const part = progress(upload);
  const cancellable = state.kind !== "stored" && state.kind !== "scanning";
  return (
    <li class={`upload ${state.kind}`}>
      <span class="sign">
        <Mark upload={upload} />
      </span>
      <div class="fill">
        <div class="line">
          <span class="semi fill clip">
            <Name text={upload.relative} />
          </span>
          <span class="dim nowrap">{size(upload.file.size)}</span>
        </div>
        {state.kind !== "staged" && state.kind !== "failed" && (
          <div class={part === 1 ? "progress full-bar" : "progress"} role="progressbar" aria-label={`Sending ${upload.relative}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(part * 100)}>
            <i style={{ width: `${part * 100}%` }} />
          </div>
        )}
        <div class="fine soft breaks state">
          <Line upload={upload} target={target} />
        </div>
      </div>
      {state.kind === "stored" && (
        <a class="button small" href={href(itemPath(upload.repo, upload.path))}>
          Open
        </a>
      )}
      {state.kind === "failed" && (
        <button type="button" class="button small" onClick={() => retry(upload.id)}>
          Try again
        </button>
      )}
      {cancellable && (
        <button type="button" class="button plain square small" aria-label={`Remove ${upload.relative}`} onClick={() => remove(upload.id)}>
          <Icon name="x" size="s" />
        </button>
      )}
    </li>
  );
}
