/** Loaded into a process of ours before anything else: on SIGUSR2 something breaks that nobody catches. */
process.on('SIGUSR2', () => {
  setImmediate(() => {
    throw new Error('broken on purpose');
  });
});
