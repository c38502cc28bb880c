/* All repositories, and what to do when there is none. */
import { api } from "../../api/client";
import { useData } from "../../lib/data";
import { href, itemPath } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Page } from "../../parts/page";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";

export function Repositories({ onCreate }: { onCreate: () => void }) {
  const data = useData("tree::", () => api.tree("", ""));
  const rows = data.value?.children;
  return (
    <Page
      title="Artifacts"
      sub="Each repository holds artifacts of one kind. Everything is scanned when it arrives."
      actions={
        <button type="button" class="button" onClick={onCreate}>
          <Icon name="plus" size="s" />
          New repository
        </button>
      }
      wide
    >
      {data.error && <ErrorNote error={data.error} retry={data.refresh} />}
      <section class="card">
        {!rows && !data.error && <Skeleton rows={4} />}
        {rows?.length === 0 && (
          <Empty
            drawing="store"
            title="No repository yet"
            actions={
              <button type="button" class="button primary small" onClick={onCreate}>
                Create a repository
              </button>
            }
          >
            <p>A repository holds artifacts: models, files, or container images. Create one, then deploy into it.</p>
          </Empty>
        )}
        {rows && rows.length > 0 && (
          <table class="table">
            <thead>
              <tr>
                <th>Repository</th>
                <th>Holds</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => {
                const images = row.package_type?.toLowerCase() === "docker";
                return (
                  <tr key={row.name}>
                    <td>
                      <a class="line name" href={href(itemPath(row.name, ""))}>
                        <Icon name={images ? "image" : "box"} />
                        <bdi>{row.name}</bdi>
                      </a>
                    </td>
                    <td class="soft">{images ? "container images" : "files and models"}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </section>
    </Page>
  );
}
