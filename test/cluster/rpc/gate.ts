/** A promise that a test opens, so that nothing has to sleep. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const parts: { open: () => void } = { open: () => undefined };
  const opened = new Promise<void>((resolve) => {
    parts.open = resolve;
  });
  return { opened, open: () => parts.open() };
}
