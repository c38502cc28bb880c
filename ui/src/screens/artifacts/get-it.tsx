/* Commands that work here: the real host, and on request a short-lived token in place of $ASSAY_TOKEN. */
import { useState } from "preact/hooks";
import { api, artifactUrl } from "../../api/client";
import { useAction } from "../../lib/data";
import { Icon } from "../../parts/icon";
import { Card } from "../../parts/page";
import { ErrorNote } from "../../parts/states";
import { Command } from "../../parts/text";

export interface Client {
  name: string;
  command: (token: string) => string;
}

const quote = (text: string): string => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function fileClients(repo: string, path: string): Client[] {
  const url = window.location.origin + artifactUrl(repo, path);
  const name = path.split("/").pop() ?? "file";
  return [
    { name: "curl", command: (token) => `curl -fO -H "Authorization: Bearer ${token}" ${quote(url)}` },
    { name: "jf", command: (token) => `jf rt dl --url ${window.location.origin}/artifactory --access-token "${token}" --flat ${quote(`${repo}/${path}`)}` },
    {
      name: "Python",
      command: (token) => `python3 -c 'import os, urllib.request as u; r = u.Request(${JSON.stringify(url)}, headers={"Authorization": "Bearer " + ${token === "$ASSAY_TOKEN" ? 'os.environ["ASSAY_TOKEN"]' : JSON.stringify(token)}}); open(${JSON.stringify(name)}, "wb").write(u.urlopen(r).read())'`,
    },
  ];
}

export function imageClients(reference: string): Client[] {
  return [
    { name: "docker", command: () => `docker pull ${reference}` },
    { name: "skopeo", command: () => `skopeo copy docker://${reference} docker-archive:image.tar` },
  ];
}

const TOKEN_DAYS = 7;

export function GetIt({ clients, repo, title = "Get it", login }: { clients: readonly Client[]; repo: string; title?: string; login?: string }) {
  const [chosen, setChosen] = useState(0);
  const [token, setToken] = useState<string>();
  const action = useAction();
  const client = clients[chosen] ?? clients[0];
  const make = (): void =>
    action.run(async () => {
      setToken((await api.makeToken(TOKEN_DAYS)).token);
    });
  return (
    <Card
      title={title}
      action={
        <div class="switch" role="group" aria-label="Client">
          {clients.map((one, at) => (
            <button key={one.name} type="button" aria-pressed={at === chosen} onClick={() => setChosen(at)}>
              {one.name}
            </button>
          ))}
        </div>
      }
    >
      <div class="body column close">
        {login && <Command text={token ? `docker login -u ${login} -p ${token} ${window.location.host}` : `docker login -u ${login} ${window.location.host}`} />}
        {client && <Command text={client.command(token ?? "$ASSAY_TOKEN")} />}
        <div class="line wraps soft fine">
          <Icon name="key" size="s" />
          {token ? (
            <span class="fill">The token is yours and ends in {TOKEN_DAYS} days. It is shown this once: copy the command now.</span>
          ) : (
            <>
              <span class="fill">
                Needs a token that may read <bdi>{repo}</bdi>.
              </span>
              <button type="button" class="button small" disabled={action.busy} onClick={make}>
                Make one for {TOKEN_DAYS} days
              </button>
            </>
          )}
        </div>
        {action.error && <ErrorNote error={action.error} />}
      </div>
    </Card>
  );
}
