"""Taking a person out: fence, rows, keys, caches, processors; holds and restrictions; replay after a restore."""
