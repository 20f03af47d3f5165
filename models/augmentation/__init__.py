"""More sounds from few: mixtures, rooms, filters, levels."""
