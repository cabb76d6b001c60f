/** A text that a terminal shows and doesn't obey, but for line breaks and tabs: names out of files may hold anything. */
export function escapeControls(text: string): string {
  return text.replace(
    /[^\P{Cc}\n\t]|\p{Bidi_Control}/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
