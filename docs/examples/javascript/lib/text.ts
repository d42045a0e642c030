export function shout(said: string): string {
  return said.toUpperCase() + "!";
}
