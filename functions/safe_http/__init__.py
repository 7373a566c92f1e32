"""The web as others name it to us: no URL is fetched, posted to or handed on before the guard has seen it."""
