await CityCoop.main()
