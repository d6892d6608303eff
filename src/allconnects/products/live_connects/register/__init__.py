"""The pages of the register: vehicles, materials, people, teams, employers, their documents and the inbox."""
