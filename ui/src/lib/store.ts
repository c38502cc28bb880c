/* The smallest thing that pages can share: a value, and who wants to know when it changes. */
import { useEffect, useState } from "preact/hooks";

export class Store<Value> {
  private readonly listeners = new Set<() => void>();
  constructor(private current: Value) {}

  get value(): Value {
    return this.current;
  }

  set(next: Value): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function useStore<Value>(store: Store<Value>): Value {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    const read = (): void => setValue(() => store.value);
    read();
    return store.subscribe(read);
  }, [store]);
  return value;
}
