/** Who is one human, whatever the account: asked by whoever decides who may speak on a matter (S-10, invariant 5). */
export interface Humans {
  /** Whether this person is, by the number they stated, the same human as one of these people, or as the holder of one of these accounts. */
  isSame(
    personId: string,
    of: { readonly personIds?: readonly string[]; readonly accountIds?: readonly string[] },
  ): Promise<boolean>;
  /** Names who stands behind each of these people, the same for people of one human; one read for however many. */
  behind(personIds: readonly string[]): Promise<(personId: string) => string>;
}
