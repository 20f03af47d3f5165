def add_arguments(p): p.set_defaults(call=lambda o: 0)
