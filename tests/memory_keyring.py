"""A keyring that ends with the test."""

from keyring.backend import KeyringBackend


class MemoryKeyring(KeyringBackend):
    """Keeps its values; raises, or waits, on request."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept, self.error, self.wait = {}, None, None

    def _trouble(self):
        if self.wait is not None:
            self.wait.wait(30.0)
        if self.error is not None:
            raise self.error

    def set_password(self, service, username, password):
        self._trouble()
        self.kept[service, username] = password

    def get_password(self, service, username):
        self._trouble()
        return self.kept.get((service, username))

    def delete_password(self, service, username):
        del self.kept[service, username]
