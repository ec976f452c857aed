/** Where console and admin API lie on the portal's app. */
export const CONSOLE = '/console';
export const API = '/api/admin/v1';

/** Calls that change something with a session say a token of this purpose, which other sites cannot read. */
export const API_TOKEN_HEADER = 'X-CSRF-Token';
export const API_TOKEN_PURPOSE = 'admin-api';
