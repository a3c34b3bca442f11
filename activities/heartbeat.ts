import axios from 'axios';

/**
 * Tells whoever watches from outside that the sweep succeeded: when this stays away, something is dead. That it did not get
 * through is that one's alarm, never our failure.
 */
export async function pingOutside(url: string | undefined): Promise<'none' | 'sent' | 'failed'> {
  if (url === undefined) return 'none';
  try {
    await axios.get(url, { timeout: 5_000, maxRedirects: 3, maxContentLength: 65_536, responseType: 'text' });
    return 'sent';
  } catch {
    return 'failed';
  }
}
