/** Questions that show what the demo can do, each with the number of glosses among which its answer is found. */

export interface Sample {
  readonly query: string;
  /** A word that should be among the first answers. */
  readonly expected: string;
  /** Documents that have to be loaded, commonest first, for the answer to be among them. */
  readonly needs: number;
}

const samples: readonly Sample[] = [
  { query: 'to speak very softly', expected: 'whisper', needs: 2_000 },
  { query: 'a feeling of great happiness', expected: 'joy', needs: 2_500 },
  { query: "a criminal who takes other people's things", expected: 'thief', needs: 4_500 },
  { query: 'someone who flies an airplane', expected: 'pilot', needs: 7_000 },
  { query: 'a woman whose husband has died', expected: 'widow', needs: 9_000 },
  { query: 'dry land where almost nothing grows', expected: 'desert', needs: 9_000 },
  { query: 'someone who repairs shoes', expected: 'cobbler', needs: 21_000 },
  { query: 'fear of small rooms', expected: 'claustrophobia', needs: 21_000 },
];

/** The samples whose answers are among the first `documents` glosses; the first ones when none is. */
export function samplesFor(documents: number): readonly Sample[] {
  const answerable = samples.filter((sample) => sample.needs <= documents);
  return answerable.length > 0 ? answerable : samples.slice(0, 3);
}
