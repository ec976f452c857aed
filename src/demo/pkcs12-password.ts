/** Password of every PKCS#12 file of the demo city. It guards nothing: the keys lie beside it in clear. */
export const PKCS12_PASSWORD = 'onecert';
