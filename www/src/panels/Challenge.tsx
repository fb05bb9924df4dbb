export function Challenge() {
  return null;
}
