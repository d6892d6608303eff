"""Services and checks that come back: by kilometres, hours or dates; hours that materials were used."""
