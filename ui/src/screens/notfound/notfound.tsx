/* An address that is no view: says so, and offers the nearest parent that exists. */
import { places, firstSegment } from "../../frame/places";
import { href } from "../../lib/router";
import { Empty } from "../../parts/states";

export function NotFound({ segments }: { segments: readonly string[] }) {
  const parent = places.find((place) => firstSegment(place.path) === segments[0]) ?? places[0];
  return (
    <div class="page">
      <section class="card">
        <Empty
          drawing="lost"
          level={1}
          title="No page has this address"
          actions={
            <a class="button small" href={href(parent?.path ?? "/")}>
              Open {parent?.label ?? "Home"}
            </a>
          }
        >
          <p class="mono breaks">/ui/{segments.join("/")}</p>
        </Empty>
      </section>
    </div>
  );
}
